/// Which files and which folder inotify watches for one trail; kept in step with what is open (F24).
///
/// Without inotify there is nothing to wake us: then `isPolling`, and establishing is tried again every minute.
struct Watches {
    static let retryInterval = 60.0

    /// Throws where inotify is not to be had.
    let start: @Sendable () throws(FileError) -> Inotify
    private(set) var inotify: Inotify?
    /// Why there is polling; nil: there is none.
    private(set) var problem: String?
    private var files: [ObjectIdentifier: (generation: Generation, watch: Int32)] = [:]
    private var folder: (identity: FileIdentity, watch: Int32)?
    private var retryAt = -Double.infinity

    init(start: @escaping @Sendable () throws(FileError) -> Inotify) {
        self.start = start
    }

    var isPolling: Bool { problem != nil }

    /// Takes the waiting events; forgets watches that ended with their file.
    mutating func drain() {
        guard let ended = inotify?.drain(), !ended.isEmpty else { return }
        files = files.filter { !ended.contains($0.value.watch) }
        if let watch = folder?.watch, ended.contains(watch) { folder = nil }
    }

    /// Watches what is open now, and the folder. True: something was added, so a look is due that sees what came between.
    mutating func follow(_ generations: [Generation], folder path: String, now: Double) -> Bool {
        guard problem == nil || now >= retryAt else { return false }
        do throws(FileError) {
            if inotify == nil { inotify = try start() }
            guard let inotify else { return false }
            self.inotify = inotify
            let hasNewFolder = try followFolder(path, inotify)
            let hasNewFile = try followFiles(generations, inotify)
            problem = nil
            return hasNewFolder || hasNewFile
        } catch {
            problem = "\(error): looking every half second instead"
            retryAt = now + Self.retryInterval
            return false
        }
    }

    private mutating func followFiles(_ generations: [Generation], _ inotify: Inotify) throws(FileError) -> Bool {
        let open = Set(generations.map(ObjectIdentifier.init))
        for (id, file) in files where !open.contains(id) {
            inotify.remove(file.watch)
            files[id] = nil
        }
        var hasAdded = false
        for generation in generations where files[ObjectIdentifier(generation)] == nil {
            let watch = try inotify.watch(file: generation.source.descriptor, name: generation.path)
            files[ObjectIdentifier(generation)] = (generation, watch)
            hasAdded = true
        }
        return hasAdded
    }

    /// A folder that is not there yet is no fault of inotify: the missing path is looked for anyway.
    private mutating func followFolder(_ path: String, _ inotify: Inotify) throws(FileError) -> Bool {
        guard let facts = try? FileFacts.of(path: path), facts.kind == .directory else {
            if let folder { inotify.remove(folder.watch) }
            folder = nil
            return false
        }
        guard folder?.identity != facts.identity else { return false }
        if let folder { inotify.remove(folder.watch) }
        folder = nil
        folder = (facts.identity, try inotify.watch(folder: path))
        return true
    }
}
