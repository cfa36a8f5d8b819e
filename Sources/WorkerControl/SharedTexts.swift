internal import ProfileModel

/// The texts of frames, each kept once: what was inlined comes from the same files at thousands of addresses.
struct SharedTexts {
    private var texts: Set<String> = []
    /// What they and the frames take.
    private(set) var byteCount = 0

    /// The same frame with texts that are shared with frames before it.
    mutating func shared(_ frame: Frame) -> Frame {
        byteCount += MemoryLayout<Frame>.stride
        let source = frame.source.map {
            SourcePosition(file: shared($0.file), line: $0.line, functionLine: $0.functionLine)
        }
        return Frame(
            name: shared(frame.name), systemName: frame.systemName.map { shared($0) }, kind: frame.kind,
            object: frame.object.map { shared($0) }, source: source)
    }

    private mutating func shared(_ text: String) -> String {
        let (isNew, member) = texts.insert(text)
        if isNew { byteCount += text.utf8.count }
        return member
    }
}
