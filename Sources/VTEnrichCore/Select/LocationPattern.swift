/// integratord's pattern language for `event_location` (OSMatch, `wazuh.md` §1.1): `!` in front negates, `|` separates
/// alternatives, `^` and `$` anchor, anything else is a substring; never case-sensitive.
package struct LocationPattern: Sendable, Equatable {
    /// As the administrator wrote it.
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}
