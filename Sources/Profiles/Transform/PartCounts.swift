extension Profile {
    /// Counts the samples of a part of a recording, of which the metadata are those of the whole.
    ///
    /// - Parameter truncated: the truncated samples by their reason, where they aren't in the samples any more.
    mutating func recount(truncated: [String: UInt64]? = nil) {
        guard var counts = metadata.counts else { return }
        let recorded = counts.recordedSamples ?? counts.samples
        counts.samples = samples.reduce(0) { $0.addingSaturated(count(of: $1)) }
        counts.recordedSamples = counts.samples == recorded ? nil : recorded
        counts.truncated = truncated ?? truncatedSamples
        countUnnamedFrames(in: &counts)
        // What stands for the part that a stack lacks is no frame.
        if truncated != nil { counts.unnamedFrames -= min(counts.truncatedSamples, counts.unnamedFrames) }
        metadata.counts = counts
    }

    /// How many samples have been added up in one: what is shown, where a profile doesn't count them.
    func count(of sample: Sample) -> UInt64 {
        UInt64(clamping: sample.values[sample.values.startIndex + (sampleTypes.firstIndex(of: .samples) ?? shownType)])
    }

    private var truncatedSamples: [String: UInt64] {
        var truncated: [String: UInt64] = [:]
        for sample in samples {
            if let reason = sample.truncation { truncated.add(count(of: sample), to: self[text: reason]) }
        }
        return truncated
    }

    private func countUnnamedFrames(in counts: inout SampleCounts) {
        let naming = NamingCounts.counts(of: self).all
        counts.unnamedFrames = naming.anonymous.addingSaturated(naming.unnamedInKernel).addingSaturated(
            naming.withoutSymbol)
        counts.unnamedFramesByObject = [:]
        for (path, count) in naming.unnamedByPath {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            counts.unnamedFramesByObject.add(count, to: name)
        }
    }
}
