import Testing

@testable import VTEnrich

@Suite struct `Trouble with the state` {
    @Test func `T09 a fault that comes and goes is told once a minute, each kind by itself`() {
        var trouble = Trouble()
        var told: [Double] = []
        var over = 0
        for second in stride(from: 0.0, to: 180, by: 1) {
            if trouble.begins(.full, at: second) { told.append(second) }
            if trouble.ends() { over += 1 }
        }
        #expect(told == [0, 60, 120] && over == 3)
        #expect(trouble.begins(.disk, at: 180) && !trouble.begins(.disk, at: 181))
        #expect(trouble.ends() && !trouble.ends())
    }
}
