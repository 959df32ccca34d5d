import Testing
import VTEnrich

struct DoorbellTests {
    @Test(.timeLimit(.minutes(1)))
    func `a wait with a limit ends, however early the limit comes`() async {
        await withTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    let bell = Doorbell()
                    for _ in 0..<5_000 { await bell.wait(atMost: 1e-10) }
                }
            }
        }
    }

    @Test func `a ring before the wait is heard, and rings count as one`() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        await bell.wait(atMost: nil)
        let late = Task { await bell.wait(atMost: nil) }
        bell.ring()
        await late.value
    }
}
