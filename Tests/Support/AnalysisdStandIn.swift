import Foundation
import Synchronization

/// An analysisd for the daemon's events: its datagram socket with the kernel's own queue, read at a chosen speed by a
/// thread of its own, and, where asked for, the alerts that the project's rules would make of them.
package final class AnalysisdStandIn: Sendable {
    package struct Settings: Sendable {
        /// At most this many datagrams are read in a second; nil: as fast as they come.
        package var perSecond: Int?
        /// Every Nth event is read and thrown away, as analysisd does when its own queue is full; the sender is not told.
        package var dropEvery: Int?
        /// An alerts.json to append the events' alerts to.
        package var alertsPath: String?
        /// Gets every datagram that is not thrown away, on the stand-in's thread.
        package var onDatagram: (@Sendable ([UInt8]) -> Void)?
        /// A file that gets every datagram as a line.
        package var log: String?
        /// Whether `datagrams` remembers them; a process that runs for hours must not.
        package var keepsDatagrams = true

        package init() {}
    }

    private struct State {
        var settings: Settings
        var socket: DatagramSocket?
        var datagrams: [[UInt8]] = []
        var received = 0
        var isPaused = false
        var isOver = false
    }

    package let path: String
    private let state: Mutex<State>

    package init(path: String, _ settings: Settings = Settings()) throws {
        self.path = path
        state = Mutex(State(settings: settings, socket: try DatagramSocket(path: path)))
        let work = Weak<AnalysisdStandIn>()
        work.value = self
        Thread.detachNewThread {
            while let wait = work.value?.step() {
                if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            }
        }
    }

    deinit {
        unlink(path)
    }

    /// Every datagram that was kept, in the order of arrival.
    package var datagrams: [[UInt8]] { state.withLock { $0.datagrams } }
    /// The datagrams that analysisd can take apart.
    package var events: [ReceivedEvent] { datagrams.compactMap(ReceivedEvent.init(datagram:)) }
    /// Datagrams read, the dropped ones included.
    package var receivedCount: Int { state.withLock { $0.received } }

    /// Reads nothing more: the kernel's queue fills up, and senders get EAGAIN (T42).
    package func pause() {
        state.withLock { $0.isPaused = true }
    }

    package func resume() {
        state.withLock { $0.isPaused = false }
    }

    /// The process is gone and its path stays: senders get ECONNREFUSED (T41), from the moment this returns.
    package func exit() {
        let socket = Weak<DatagramSocket>()
        state.withLock { state in
            socket.value = state.socket
            state.socket = nil
        }
        // The thread may still be looking at it.
        while socket.value != nil { usleep(500) }
    }

    /// The path is gone: senders get ENOENT (T40).
    package func removePath() {
        exit()
        unlink(path)
    }

    /// Starts again with a new socket at the same path, as analysisd does.
    package func comeBack() throws {
        exit()
        let socket = try DatagramSocket(path: path)
        state.withLock { $0.socket = socket }
    }

    package func change(_ change: (inout Settings) -> Void) {
        state.withLock { change(&$0.settings) }
    }

    /// One look at the socket.
    ///
    /// - Returns: seconds to wait before the next one.
    private func step() -> Double {
        let (socket, isPaused, perSecond) = state.withLock { ($0.socket, $0.isPaused, $0.settings.perSecond) }
        guard let socket, !isPaused else { return 0.01 }
        guard let datagram = socket.receive(within: 20) else { return 0 }
        take(datagram)
        return perSecond.map { 1 / Double($0) } ?? 0
    }

    private func take(_ datagram: [UInt8]) {
        let (settings, number) = state.withLock { ($0.settings, $0.received + 1) }
        // At the end: who waits for the count finds the datagram.
        defer { state.withLock { $0.received = number } }
        if let every = settings.dropEvery, number % every == 0 { return }
        settings.onDatagram?(datagram)
        if let log = settings.log { appendToFile(log, datagram + [UInt8(ascii: "\n")]) }
        if let alerts = settings.alertsPath, let event = ReceivedEvent(datagram: datagram),
            let line = WazuhAlert.line(for: event, number: number, now: wallSeconds())
        {
            appendToFile(alerts, line)
        }
        if settings.keepsDatagrams { state.withLock { $0.datagrams.append(datagram) } }
    }
}
