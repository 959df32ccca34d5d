/// Stacked columns as SVG, readable by eye and by ear: a title, a description, and a title for each column.
struct ColumnChart {
    struct Column {
        /// Below the axis; nil: none.
        var label: String?
        /// What the column says of itself.
        var title: String
        /// From the axis up: a class of the style sheet, and how many.
        var parts: [(style: StaticString, count: Int)]

        var height: Int { parts.reduce(0) { $0 + $1.count } }
    }

    /// Unique on the page.
    var id: StaticString
    var title: String
    var description: String
    var columns: [Column]
    /// A dashed line with its name.
    var limit: (count: Int, name: String)?

    private static let (width, height) = (720.0, 230.0)
    private static let (left, right, top, bottom) = (56.0, 8.0, 22.0, 26.0)

    var svg: Markup {
        let ticks = Figures.ticks(upTo: max(columns.map(\.height).max() ?? 0, limit?.count ?? 0, 1))
        let highest = Double(ticks.last ?? 1)
        let plot = Self.height - Self.top - Self.bottom
        func y(_ count: Int) -> Double { Self.top + plot * (1 - Double(count) / highest) }
        return """
            <svg class="chart" viewBox="0 0 720 230" role="img" aria-labelledby="\(id)-t \(id)-d">
            <title id="\(id)-t">\(title)</title><desc id="\(id)-d">\(description)</desc>
            \(ticks.map { grid($0, y($0)) })
            \(columns.indices.map { column($0, y) })
            \(limit.map { [limitLine(y($0.count), $0.name)] } ?? [])
            </svg>
            """
    }

    private func grid(_ count: Int, _ y: Double) -> Markup {
        """
        <line class="grid" x1="\(Self.left)" x2="\(Self.width - Self.right)" y1="\(y)" y2="\(y)"/>\
        <text class="tick end" x="\(Self.left - 6)" y="\(y + 4)">\(Figures.count(count))</text>
        """
    }

    private func column(_ index: Int, _ y: (Int) -> Double) -> Markup {
        let column = columns[index]
        let step = (Self.width - Self.left - Self.right) / Double(columns.count)
        let breadth = min(step - min(2, step / 5), 56)
        let x = Self.left + step * Double(index) + (step - breadth) / 2
        var parts: [Markup] = []
        var below = 0
        for part in column.parts where part.count > 0 {
            let (upper, lower) = (y(below + part.count), y(below))
            // What is not nothing can be seen.
            let tall = max(lower - upper, 1)
            parts.append(
                """
                <rect class="\(part.style)" x="\(x)" y="\(min(upper, lower - tall))" width="\(breadth)" height="\(tall)"/>
                """)
            below += part.count
        }
        // Where there is room, the number stands on the column.
        if columns.count <= 12, below > 0 {
            parts.append(
                "<text class=\"tick middle\" x=\"\(x + breadth / 2)\" y=\"\(y(below) - 4)\">\(Figures.count(below))</text>"
            )
        }
        let label: [Markup] =
            column.label.map {
                ["<text class=\"tick middle\" x=\"\(x + breadth / 2)\" y=\"\(Self.height - 8)\">\($0)</text>"]
            } ?? []
        return """
            <g><title>\(column.title)</title>\
            <rect class="hit" x="\(x)" y="\(Self.top)" width="\(breadth)" height="\(Self.height - Self.top - Self.bottom)"/>\
            \(parts)</g>\(label)
            """
    }

    private func limitLine(_ y: Double, _ name: String) -> Markup {
        """
        <line class="limit" x1="\(Self.left)" x2="\(Self.width - Self.right)" y1="\(y)" y2="\(y)"/>\
        <text class="tick end" x="\(Self.width - Self.right)" y="\(y - 4)">\(name)</text>
        """
    }
}
