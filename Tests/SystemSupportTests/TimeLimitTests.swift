import SystemSupport
import Testing

@Suite struct TimeLimitTests {
    @Test func workThatEndsIsWaitedFor() async {
        #expect(await isOver(within: .seconds(60)) { await Task.yield() })
    }

    @Test(.timeLimit(.minutes(1))) func workThatDoesNotEndIsLeftBehindAndGoesOn() async {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let (later, wentOn) = AsyncStream.makeStream(of: Void.self)
        let isInTime = await isOver(within: .milliseconds(20)) {
            for await _ in stream {}
            wentOn.finish()
        }
        #expect(!isInTime)
        end.finish()
        for await _ in later {}
    }

    @Test(.timeLimit(.minutes(1))) func aTaskThatIsCancelledStillWaits() async {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        let waiting = Task { await isOver(within: .seconds(600)) { for await _ in stream {} } }
        waiting.cancel()
        end.finish()
        #expect(await waiting.value)
    }
}
