import Testing
import VTEnrichCore

@Suite struct `Circuit breaker` {
    @Test func `T26 after a failure it lets one probe through, and none beside it`() {
        var circuit = Circuit()
        circuit.failed(at: 100, jitter: 0)
        #expect(!circuit.allows(at: 101))
        #expect(circuit.allows(at: 101.5))
        circuit.sent()
        #expect(!circuit.allows(at: 200))
        circuit.succeeded()
        #expect(circuit.allows(at: 200))
    }

    @Test func `T22 pauses double up to five minutes`() {
        var circuit = Circuit()
        var pauses: [Double] = []
        for _ in 1...12 {
            circuit.failed(at: 0, jitter: 1)
            guard case .open(let until) = circuit.state else { break }
            pauses.append(until)
            circuit.sent()
        }
        #expect(pauses.prefix(4) == [2, 4, 8, 16])
        #expect(pauses.max() == 300)
        #expect(pauses.last == 300)
    }

    @Test func `T29 a rejected key stops everything until it is changed`() {
        var circuit = Circuit()
        circuit.stop()
        circuit.failed(at: 0, jitter: 0)
        circuit.succeeded()
        circuit.wait(until: 10)
        #expect(circuit.state == .stopped)
        #expect(!circuit.allows(at: 1e9))
    }

    @Test func `T27 the longest wait wins`() {
        var circuit = Circuit()
        circuit.wait(until: 500)
        circuit.wait(until: 100)
        #expect(circuit.state == .open(until: 500))
    }
}
