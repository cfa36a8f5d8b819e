internal import ProfileModel

extension Profile {
    /// Who calls some functions: stacks whose root is the outermost of these functions, and that go on to its callers.
    ///
    /// Samples without one of the functions are not in it. What a truncated stack lacks follows its last caller.
    package func callers(of test: ProfileFilter.NameTest) -> Profile {
        let isNamed = functions(named: test)
        var truncated: [String: UInt64] = [:]
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: sampleTypes, shown: shownSampleType)
        for sample in samples {
            let frames = locations(of: sample.stack).flatMap { index in
                let location = locations[index]
                return location.lines.map { (position: location.position, line: $0) }
            }
            guard let first = frames.lastIndex(where: { isNamed[$0.line.function.position] }) else { continue }
            var stack: StackIndex?
            for frame in frames[first...] {
                let location = builder.location(
                    copying: frame.position, lines: [frame.line], of: self, splittingLines: false)
                stack = builder.stack(of: location, calledFrom: stack)
            }
            if let reason = sample.truncation {
                truncated.add(count(of: sample), to: self[text: reason])
                let missing = Line(
                    function: builder.function(named: truncationRow(reason), kind: .unknown), number: nil)
                stack = builder.stack(of: builder.location(at: .unknown, lines: [missing]), calledFrom: stack)
            }
            builder.add(
                at: stack, thread: thread(at: sample.thread), values: Array(sample.values), runs: sample.runs)
        }
        var result = builder.finish()
        result.recount(truncated: truncated)
        return result
    }
}
