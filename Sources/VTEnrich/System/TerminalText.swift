/// A JSON document as it may be printed: control characters, escapes and direction marks, which JSON allows inside its strings,
/// are written as `\uXXXX`. Reads back to the same value.
package func terminalSafe(json: String) -> String {
    guard json.unicodeScalars.contains(where: mayHarm) else { return json }
    var result = ""
    for scalar in json.unicodeScalars {
        guard mayHarm(scalar) else {
            result.unicodeScalars.append(scalar)
            continue
        }
        for unit in String(Character(scalar)).utf16 {
            let digits = String(unit, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
    return result
}

/// Line feeds stay: in a document they stand between values only.
private func mayHarm(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control: scalar != "\n"
    case .format, .lineSeparator, .paragraphSeparator, .privateUse: true
    default: false
    }
}
