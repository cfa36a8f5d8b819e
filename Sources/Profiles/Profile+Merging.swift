package import ProfileModel

extension Profile {
    /// Adds the samples and the metadata of another profile.
    package mutating func merge(with other: Profile) {
        addSamples(of: other) { _ in true }
        metadata.merge(with: other.metadata)
    }

    /// The samples of some threads only.
    ///
    /// The metadata stays that of the whole recording, its counts included.
    package func filtered(where isIncluded: (ThreadIdentity) -> Bool) -> Profile {
        var result = Profile(metadata: metadata)
        result.addSamples(of: self, where: isIncluded)
        return result
    }

    private mutating func addSamples(of other: Profile, where isIncluded: (ThreadIdentity) -> Bool) {
        let included = other.threads.indices.map { theirs -> ThreadIndex? in
            let thread = other.thread(at: theirs)
            return isIncluded(thread) ? index(adding: thread) : nil
        }
        var stacks = [StackIndex?](repeating: nil, count: other.stacks.count)
        for sample in other.samples {
            guard let thread = included[sample.thread.position] else { continue }
            let stack = sample.stack.map { index(adding: $0, of: other, known: &stacks) }
            add(stack: stack, thread: thread, weight: sample.weight)
        }
    }

    /// The index here of another profile's stack; `known` holds what was asked before, by the other's position.
    private mutating func index(adding stack: StackIndex, of other: Profile, known: inout [StackIndex?]) -> StackIndex {
        var missing: [StackIndex] = []
        var cursor = stack
        while known[cursor.position] == nil, let caller = other.stacks[cursor].caller {
            missing.append(cursor)
            cursor = caller
        }
        var result = known[cursor.position] ?? index(adding: other.frame(of: cursor), calledBy: nil)
        known[cursor.position] = result
        for theirs in missing.reversed() {
            result = index(adding: other.frame(of: theirs), calledBy: result)
            known[theirs.position] = result
        }
        return result
    }

    private func frame(of stack: StackIndex) -> Frame { frame(at: stacks[stack].frame) }
}
