extension Substring {
    /// Without the ASCII spaces, tabs and line ends around it, as XML and logs leave them.
    package var trimmed: Substring {
        guard let first = utf8.firstIndex(where: { !isASCIISpace($0) }),
            let last = utf8.lastIndex(where: { !isASCIISpace($0) })
        else { return self[endIndex...] }
        return self[first..<utf8.index(after: last)]
    }
}

extension String {
    /// Without the ASCII spaces, tabs and line ends around it.
    var trimmed: Substring { self[...].trimmed }
}
