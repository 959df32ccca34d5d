import Testing
import VTEnrichCore

@Suite struct `IP addresses` {
    @Test(arguments: [
        ("8.8.8.8", "8.8.8.8"),
        ("255.255.255.255", "255.255.255.255"),
        ("0.0.0.0", "0.0.0.0"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("1:0:0:0:0:0:0:0", "1::"),
        ("fe80:0000:0000:0000:1876:67B9:B5D4:0765", "fe80::1876:67b9:b5d4:765"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("::ffff:102:304", "::ffff:1.2.3.4"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func `have one canonical text`(spelling: String, canonical: String) throws {
        let address = try #require(IPAddress(spelling))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", " ", "8.8.8", "8.8.8.8.8", "8.8.8.", ".8.8.8.8", "8..8.8", "08.8.8.8", "8.8.8.010", "00.0.0.0", "256.8.8.8",
        "8.8.8.8888", "1e1.8.8.8", "+8.8.8.8", "8.8.8.-8", "8.8.8.8 ", " 8.8.8.8", "8.8.8.8/32", "8.8.8.8\n", "8,8,8,8",
        "0x08.8.8.8", "134744072", "８.8.8.8", "8.8.8.8\0", ":", ":::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", ":1::2", "1::2:",
        "12345::", "g::", "::1%eth0", "[::1]", "::1/128", "::1.2.3", "::1.2.3.256", "::01.2.3.4", "1.2.3.4::",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "-1::", "::+1", "any", "unknown", "-", "localhost", "41:18", ":41:18",
    ])
    func `are refused in any other shape`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("  8.8.8.8\r\n", "8.8.8.8"),
        ("8.8.8.8:443", "8.8.8.8"),
        ("[8.8.8.8]", "8.8.8.8"),
        ("[8.8.8.8]:65535", "8.8.8.8"),
        ("[2a00:1450::1]", "2a00:1450::1"),
        ("[2a00:1450::1]:5678", "2a00:1450::1"),
        ("2a00:1450::1%eth0", "2a00:1450::1"),
        ("[fe80::1%3]:80", "fe80::1"),
        ("2A00:1450:0000:0000:0000:0000:0000:0001", "2a00:1450::1"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("::FFFF:808:808", "8.8.8.8"),
        ("[::ffff:8.8.8.8]:1", "8.8.8.8"),
        ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("64:ff9b::10.0.0.1", "10.0.0.1"),
    ])
    func `T21 are read from what surrounds them in a field`(field: String, canonical: String) {
        #expect(IPAddress(cleaning: field)?.description == canonical)
    }

    @Test(arguments: [
        "", "   ", "-", "any", "unknown", "cloudtrail.amazonaws.com", "8.8.8.8:", "8.8.8.8:x", "8.8.8.8:65536",
        "8.8.8.8:000080",
        "8.8.8.8:+1", "8.8.8.8:1:2", ":8.8.8.8", "8.8.8.8%eth0", "[8.8.8.8%1]", "2a00::1%", "[2a00::1", "2a00::1]",
        "[2a00::1]80",
        "[2a00::1]:", "[2a00::1]x:80", "[[2a00::1]]", "[]", "[]:80", "8.8.8.8/24", "8.8.8.8, 9.9.9.9",
        "8.8.8.8 9.9.9.9",
        "8.8.8.8;id", "8.8.8.8\u{1b}[2J", "\u{1b}[31m8.8.8.8", "8.8.8.8\0", "http://8.8.8.8", "::ffff:08.8.8.8",
        "8.8.8.8\u{301}",
        "[8.8.8.8]\u{301}", "\u{feff}8.8.8.8", "８.８.８.８",
    ])
    func `T21 do not hide in anything else`(field: String) {
        #expect(IPAddress(cleaning: field) == nil)
    }

    @Test func `T21 a megabyte of text is no address`() {
        #expect(IPAddress(cleaning: String(repeating: "1", count: 1_000_000)) == nil)
        #expect(IPAddress(cleaning: String(repeating: ":", count: 1_000_000)) == nil)
        #expect(IPAddress(cleaning: "[" + String(repeating: "[", count: 1_000_000)) == nil)
        #expect(IPAddress(cleaning: "::1%" + String(repeating: "a", count: 1_000_000)) == nil)
    }
}

@Suite struct `Public addresses` {
    /// First and last address of every network that is never looked up.
    @Test(arguments: [
        ("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255"), ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"), ("169.254.0.0", "169.254.255.255"), ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"), ("192.0.2.0", "192.0.2.255"), ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"), ("198.18.0.0", "198.19.255.255"), ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"), ("224.0.0.0", "239.255.255.255"), ("240.0.0.0", "255.255.255.255"),
        ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"), ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func `T21 are none inside a special network`(first: String, last: String) throws {
        #expect(try !#require(IPAddress(first)).isPublic)
        #expect(try !#require(IPAddress(last)).isPublic)
    }

    /// One address outside of every edge that borders on public ones.
    @Test(arguments: [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.255", "192.0.1.0",
        "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1", "2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ])
    func `are all others`(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    /// Also the ones that CPython's `is_global` takes for global.
    @Test(arguments: [
        "192.0.0.9", "192.0.0.10", "233.252.0.1", "224.0.0.1", "192.88.99.1", "::1.2.3.4", "::1", "64:ff9b:1::1",
        "100::1",
        "100:0:0:1::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:2::1",
        "2001:10::1",
        "2001:20::1", "2001:30::1", "2002:808:808::1", "3fff::1", "4000::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::192.168.1.1", "64:ff9b::127.0.0.1",
    ])
    func `T21 are not among the traps`(text: String) throws {
        #expect(try !#require(IPAddress(cleaning: text)).isPublic)
    }
}
