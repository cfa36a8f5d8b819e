internal import ProfileModel

extension Profile {
    /// Who calls some functions: stacks whose root is the outermost of these functions, and that go on to its callers.
    ///
    /// Samples without one of the functions are not in it.
    package func callers(of test: ProfileFilter.NameTest) -> Profile {
        let isNamed = functions.rows.map { test(self[text: $0.name]) }
        return inverted { lines in lines.firstIndex { isNamed[$0.line.function.position] } }
    }

    /// A frame of a stack: one line of a location.
    fileprivate struct StackLine {
        let position: Position
        let line: Line
    }

    /// The stacks from one of their frames to the root, as if it had called its caller.
    ///
    /// - Parameter start: where a stack, given root first, is to begin; `nil` drops the sample.
    private func inverted(from start: ([StackLine]) -> Int?) -> Profile {
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: sampleTypes, shown: shownSampleType)
        for sample in samples {
            let lines = lines(of: sample.stack)
            guard let first = start(lines) else { continue }
            var stack: StackIndex?
            for frame in lines[...first].reversed() {
                let location = builder.location(
                    copying: frame.position, lines: [frame.line], of: self, splittingLines: false)
                stack = builder.stack(of: location, calledFrom: stack)
            }
            builder.add(
                at: stack, thread: thread(at: sample.thread), values: Array(sample.values), runs: sample.runs)
        }
        return builder.finish()
    }

    /// The frames of a stack, root first.
    private func lines(of stack: StackIndex?) -> [StackLine] {
        var lines: [StackLine] = []
        var cursor = stack
        while let current = cursor {
            let location = locations[stacks[current].location]
            lines += location.lines.map { StackLine(position: location.position, line: $0) }
            cursor = stacks[current].caller
        }
        return lines.reversed()
    }
}
