/// An element of one of Wazuh's XML files, `ossec.conf` or a file of rules.
struct WazuhElement: Equatable {
    var name: String
    var attributes: [String: String] = [:]
    /// What stands between its tags without its children, entities and CDATA resolved.
    var text = ""
    /// Wazuh's own reader resolves neither, so it reads another text.
    var hasEntities = false
    var children: [WazuhElement] = []
    /// From 1.
    var line: Int

    /// The elements of this name below it, at any depth, in the order of the file.
    func all(_ name: String) -> [WazuhElement] {
        children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }
}

extension WazuhElement {
    /// The roots of a file: Wazuh's files may have several. Never fails: a tag that closes nothing is left out, what is not
    /// closed ends with the file.
    static func roots(of bytes: [UInt8]) -> [WazuhElement] {
        var reader = WazuhXMLReader(bytes)
        return reader.read()
    }
}
