import CCurl
import Glibc

/// The header Retry-After: seconds, or the date of an HTTP header (`virustotal.md` §2.1).
enum RetryAfter {
    /// Between one second and a day; nil for what is no such header, or a date that has passed.
    ///
    /// - Parameter now: seconds since 1970.
    static func seconds(_ header: String, now: Double) -> Double? {
        let text = header.drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // So many digits are more than a day whatever they say.
        let seconds = digits.count > 9 ? .infinity : Double(digits) ?? Double(curl_getdate(String(text), nil)) - now
        return seconds > 0 ? min(max(seconds, 1), 86_400) : nil
    }
}
