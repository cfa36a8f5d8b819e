import ProfileModel
import Testing

@Suite(.serialized) struct LiveStackTests {
    /// The same programs as the recorded snapshots, but as compiled and loaded here and now.
    @Test(arguments: SnapshotCase.all)
    func `A live thread has the stack that other tools show`(situation: SnapshotCase) throws {
        let observed = try Observed(situation)
        #expect(!observed.truth.isEmpty)
        #expect(
            observed.stack.frames.map(\.address.value.rawValue) == observed.truth.map(\.address),
            "\(observed.truth.map(\.function))")
        switch situation.truth {
        case .wholeStack: #expect(observed.stack.ending == .rootReached)
        case .leafFrames: #expect(observed.stack.ending != .rootReached)
        }
    }
}
