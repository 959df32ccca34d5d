/// The server's own counters: a sliding window of a minute, the UTC day, the UTC month; every request counts, refused ones
/// too (`virustotal.md` §2.1, §3; the real one leaves both open).
struct StandInQuota: Sendable {
    private let settings: VirusTotalStandIn.Settings
    private var times: [Double] = []
    private var day = 0
    private var dayUsed = 0

    init(_ settings: VirusTotalStandIn.Settings) {
        self.settings = settings
    }

    /// - Parameters:
    ///   - time: monotonic seconds.
    ///   - date: seconds since 1970.
    /// - Returns: whether the request is within the limits.
    mutating func spend(at time: Double, date: Double) -> Bool {
        if Int(date) / 86_400 != day { (day, dayUsed) = (Int(date) / 86_400, 0) }
        times.removeAll { $0 <= time - settings.window }
        times.append(time)
        dayUsed += 1
        return times.count <= settings.perMinute ?? .max && dayUsed <= settings.perDay ?? .max
    }

    /// `overall_quotas`: hourly 240 as seen with free keys, and used never above allowed (`virustotal.md` §3).
    func answer(now: Double) -> Reply {
        func counter(_ used: Int, of allowed: Int) -> [String: Any] {
            ["user": ["used": min(used, allowed), "allowed": allowed]]
        }
        let today = Int(now) / 86_400 == day ? dayUsed : 0
        let daily = settings.perDay ?? 500
        return .json([
            "data": [
                "api_requests_hourly": counter(today, of: 240), "api_requests_daily": counter(today, of: daily),
                "api_requests_monthly": counter(today, of: daily * 31),
            ]
        ])
    }
}
