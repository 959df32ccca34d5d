import Glibc

/// One dated generation as a listing shows it: the plain file, the `.gz`, or both while it is being compressed.
struct ArchiveEntry: Sendable, Equatable {
    var name: DatedName
    var hasPlain: Bool
    var hasGzip: Bool
}

/// The rotated generations on disk: dated names below the folder of `alerts.json`, and `alerts.json.N` beside it (F23).
struct Archive {
    /// The folder of the configured path.
    let folder: String
    /// The file name of the configured path.
    let base: String

    init(path: String) {
        let cut = path.lastIndex(of: "/")
        folder = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        base = cut.map { String(path[path.index(after: $0)...]) } ?? path
    }

    func path(of name: DatedName) -> String { "\(folder)/\(name.path)" }

    func gzipPath(of name: DatedName) -> String { path(of: name) + ".gz" }

    /// All entries from the month of `first` on (nil: all there are), in order of writing. A folder that cannot be listed
    /// because it is not there holds nothing.
    func entries(from first: DatedName?) throws(FileError) -> [ArchiveEntry] {
        var found: [DatedName: ArchiveEntry] = [:]
        for yearName in try Self.list(folder) {
            guard let year = DatedName.year(yearName[...]), year >= first?.year ?? 0 else { continue }
            for monthName in try Self.list("\(folder)/\(yearName)") {
                guard let month = DatedName.month(monthName[...]),
                    (year, month) >= (first?.year ?? 0, first?.month ?? 0)
                else { continue }
                for file in try Self.list("\(folder)/\(yearName)/\(monthName)") {
                    Self.note(file, year: year, month: month, in: &found)
                }
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private static func note(_ file: String, year: Int, month: Int, in found: inout [DatedName: ArchiveEntry]) {
        let isGzip = file.hasSuffix(".gz")
        guard let name = DatedName(year: year, month: month, file: isGzip ? file.dropLast(3) : file[...]) else {
            return
        }
        var entry = found[name] ?? ArchiveEntry(name: name, hasPlain: false, hasGzip: false)
        if isGzip { entry.hasGzip = true } else { entry.hasPlain = true }
        found[name] = entry
    }

    /// `alerts.json.1`, `.2`, …: classic rotation by name, the oldest (highest number) first.
    func numbered() throws(FileError) -> [String] {
        let prefix = base + "."
        let numbers = try Self.list(folder).compactMap { name -> Int? in
            name.hasPrefix(prefix) && name.count < prefix.count + 7 ? Int(name.dropFirst(prefix.count)) : nil
        }
        return numbers.filter { $0 > 0 }.sorted(by: >).map { "\(folder)/\(prefix)\($0)" }
    }

    private static func list(_ folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else {
            let error = FileError("list", folder, errno)
            if error.isMissing { return [] }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
