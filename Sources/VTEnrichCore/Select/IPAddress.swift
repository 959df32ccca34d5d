/// An IP address as a value: equal when it is the same address, whatever its spelling.
package enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)
}
