extension String {
    /// The longest start of the text that has at most `bytes` bytes and ends on a character.
    package func prefix(bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(bytes, 0))
        while UTF8.isContinuation(utf8[end]) { utf8.formIndex(before: &end) }
        return String(self[..<end])
    }

    /// For a line of a log or a terminal: every control character as a space.
    package var withoutControls: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}

extension Double {
    /// As printf's `%.1f`.
    package var tenths: String {
        var writer = JSONWriter()
        writer.decimal(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
