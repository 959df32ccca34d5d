/// Damages bytes, the same way for the same seed.
package struct Mutator: RandomNumberGenerator {
    private var state: UInt64
    private let pieces: [[UInt8]]

    /// - Parameter pieces: what is put in at times; texts that mean something where the bytes come from.
    package init(seed: UInt64, pieces: [[UInt8]]) {
        state = seed
        self.pieces = pieces
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// A few changes: a byte, a piece put in, a part cut out or doubled, the end cut off, another one's end.
    package mutating func mutate(_ bytes: [UInt8], with other: [UInt8], changes: ClosedRange<Int> = 1...3) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: changes, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let part = place..<min(bytes.count, place + Int.random(in: 0...40, using: &self))
            switch Int.random(in: 0...9, using: &self) {
            case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.removeSubrange(part)
            case 2: bytes.insert(contentsOf: bytes[part], at: place)
            case 3: bytes.removeSubrange(place...)
            case 4: bytes.replaceSubrange(place..., with: other.suffix(Int.random(in: 0...other.count, using: &self)))
            case 5: bytes.insert(contentsOf: pieces.randomElement(using: &self) ?? [], at: place)
            default: insertAtToken(&bytes)
            }
        }
        return bytes
    }

    /// Puts a piece where a member or an element of JSON begins, so that it often stays JSON; else anywhere.
    private mutating func insertAtToken(_ bytes: inout [UInt8]) {
        let places = bytes.indices.dropFirst().filter {
            bytes[$0] == 0x22 && [0x7b, 0x2c, 0x5b].contains(bytes[$0 - 1])
        }
        let place = places.randomElement(using: &self) ?? Int.random(in: 0...bytes.count, using: &self)
        bytes.insert(contentsOf: pieces.randomElement(using: &self) ?? [], at: place)
    }
}
