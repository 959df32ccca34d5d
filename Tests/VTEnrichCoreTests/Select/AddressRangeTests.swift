import Testing
import VTEnrichCore

@Suite struct `Address ranges` {
    @Test(arguments: [
        ("1.1.1.1", "1.1.1.1"), ("1.1.1.1/32", "1.1.1.1"), ("8.8.8.0/24", "8.8.8.0/24"), ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"), ("::/0", "::/0"), ("2606:4700:4700::1111/128", "2606:4700:4700::1111"),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65"), ("::ffff:1.1.1.0/120", "1.1.1.0/24"),
        ("::ffff:1.1.1.1", "1.1.1.1"),
    ])
    func `are written as they are read`(text: String, canonical: String) {
        #expect(AddressRange(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "/", "/24", "8.8.8.8/24", "8.8.8.0/", "8.8.8.0/33", "8.8.8.0/-1", "8.8.8.0/+8", "8.8.8.0/024",
        "8.8.8.0/24/24",
        "8.8.8.0/2 4", " 8.8.8.0/24", "8.8.8/24", "8.8.8.0/255.255.255.0", "2001:db8::1/32", "::/129", "::1/0",
        "2001:db8::%1/32", "example.org",
    ])
    func `are refused when mistyped, with host bits set too`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("8.8.8.0/24", "8.8.8.0", true), ("8.8.8.0/24", "8.8.8.255", true), ("8.8.8.0/24", "8.8.7.255", false),
        ("8.8.8.0/24", "8.8.9.0", false), ("1.1.1.1", "1.1.1.1", true), ("1.1.1.1", "1.1.1.2", false),
        ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::", false), ("::/0", "ffff::", true),
        ("::/0", "1.1.1.1", false),
        ("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true), ("2001:db8::/64", "2001:db8:0:1::", false),
        ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true), ("2001:db8:0:0:8000::/65", "2001:db8::1", false),
        ("2001:db8::1", "2001:db8::1", true), ("2001:db8::1", "2001:db8::", false),
    ])
    func `hold the addresses of their prefix`(range: String, address: String, inside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(#require(IPAddress(address))) == inside)
    }
}
