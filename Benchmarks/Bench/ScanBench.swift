import Foundation
import Support

extension Work {
    /// Reading, filtering and extraction by `vtenrichd replay`, the code that `run` reads with, beside what only looks at bytes.
    func scan(_ table: inout Table) throws {
        let folder = try TemporaryFolder()
        let sizes = scaled([25, 50, 100], [50, 200, 800], [100, 1_000, 10_000])
        for megabytes in sizes {
            let file = folder["alerts-\(megabytes).json"]
            try sample.write(to: file, bytes: megabytes * 1_000_000)
            let lines = try Command.best(of: 3, "/usr/bin/wc", ["-l", file])
            let unwanted = try replay(file, "[{rule_id: 999999}]", folder)
            // In the smaller ones the start of the program shows.
            let mark = megabytes == sizes.last ? Row.Mark.atLeast(scaled(0, 1_500, 1_500)) : nil
            table.add(
                "scan", "no alert wanted, \(megabytes) MB", rate(megabytes, unwanted), "MB/s", mark,
                beside: "\(share(unwanted, lines)) of wc -l")
            // The kinds of filters at one size, and the others for the curve alone.
            if megabytes == sizes[1] { try kinds(file, megabytes, lines, folder, &table) }
            try FileManager.default.removeItem(atPath: file)
        }
    }

    private func kinds(
        _ file: String, _ megabytes: Int, _ lines: Command.Run, _ folder: TemporaryFolder, _ table: inout Table
    ) throws {
        let words = try Command.best(of: 3, "/usr/bin/grep", ["-c", "\"id\":\"999999\"", file])
        table.add("scan", "wc -l, \(megabytes) MB", rate(megabytes, lines), "MB/s")
        table.add("scan", "grep -c, \(megabytes) MB", rate(megabytes, words), "MB/s")
        let few = sample.ruleIDs(about: 0.01)
        let half = sample.ruleIDs(about: 0.5)
        let filters = [
            ("none, by group", "[{group: [no_such_group]}]", 1_500.0), ("none, by level", "[{level: 16}]", nil),
            ("none, by location", "[{location: \"/no/such/place\"}]", 1_500.0),
            ("\(percent(few.share)) wanted", "[{rule_id: [\(few.ids.joined(separator: ", "))]}]", nil),
            ("\(percent(half.share)) wanted", "[{rule_id: [\(half.ids.joined(separator: ", "))]}]", nil),
            ("all wanted", "[]", 150.0),
        ]
        for (name, filter, mark) in filters {
            let run = try replay(file, filter, folder)
            table.add(
                "scan", name, rate(megabytes, run), "MB/s", mark.map { .atLeast(scaled(0, $0, $0)) },
                beside: "\(share(run, lines)) of wc -l, \(share(run, words)) of grep -c")
        }
    }

    private func replay(_ file: String, _ filters: String, _ folder: TemporaryFolder) throws -> Command.Run {
        let configuration = try folder.write("replay.yaml", "filters: \(filters)\n")
        return try Command.best(of: 3, Program("vtenrichd").path, ["replay", file, "--config", configuration])
    }

    private func rate(_ megabytes: Int, _ run: Command.Run) -> Double { Double(megabytes) / run.wall }

    /// How fast the first is, as a part of the second.
    private func share(_ run: Command.Run, _ other: Command.Run) -> String { percent(other.wall / run.wall) }

    private func percent(_ share: Double) -> String { "\(Table.text(share * 100)) %" }
}
