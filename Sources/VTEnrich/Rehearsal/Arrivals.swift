import Foundation
package import VTEnrichCore

/// One alert of a simulation: when it comes, from whom, how serious.
package struct Arrival: Sendable, Equatable {
    /// Seconds since 1970.
    package var time: Double
    package var address: IPAddress
    package var level: Int

    package init(time: Double, address: IPAddress, level: Int) {
        self.time = time
        self.address = address
        self.level = level
    }
}

/// What a simulation is fed with, out of files.
package enum Arrivals {
    /// The rows of `time,ip[,level]`, taken as they are; with a header by its names, without one by place. Rows without a time or
    /// an address are counted and left out.
    package static func ofCSV(_ text: String) -> (arrivals: [Arrival], unreadable: Int) {
        var (arrivals, unreadable) = ([Arrival](), 0)
        var columns = (time: 0, address: 1, level: 2 as Int?)
        for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
            }
            if number == 0, let named = header(fields) {
                columns = named
                continue
            }
            guard let arrival = arrival(fields, columns) else {
                unreadable += 1
                continue
            }
            arrivals.append(arrival)
        }
        return (arrivals, unreadable)
    }

    /// Whether a file is CSV: its first character is not that of an alert.
    package static func isCSV(_ text: some StringProtocol) -> Bool {
        text.first { !$0.isWhitespace } != "{"
    }

    private static func header(_ fields: [String]) -> (time: Int, address: Int, level: Int?)? {
        guard let first = fields.first, RFC3339.seconds(first) == nil else { return nil }
        let names = fields.map { $0.lowercased() }
        guard let time = names.firstIndex(where: { ["time", "timestamp", "start_time"].contains($0) }),
            let address = names.firstIndex(where: { ["ip", "src_ip", "srcip", "address"].contains($0) })
        else { return (0, 1, nil) }
        return (time, address, names.firstIndex(of: "level"))
    }

    private static func arrival(_ fields: [String], _ columns: (time: Int, address: Int, level: Int?)) -> Arrival? {
        guard columns.time < fields.count, columns.address < fields.count,
            let time = RFC3339.seconds(fields[columns.time]), let address = IPAddress(cleaning: fields[columns.address])
        else { return nil }
        let level = columns.level.flatMap { $0 < fields.count ? Int(fields[$0]) : nil } ?? 3
        return Arrival(time: time, address: address, level: min(16, max(0, level)))
    }
}
