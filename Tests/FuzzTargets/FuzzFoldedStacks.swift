import ProfileFormats
import ProfileModel
import Profiles
import SystemSupport

/// The names of a thread and of the functions in its stack, with zero bytes between them, written as folded stacks and as
/// a flame graph.
///
/// Whatever they are, the stack is one line of as many rows with one count, and no name ends its element in the SVG file.
func fuzzFoldedStacks(_ bytes: [UInt8]) {
    let names = bytes.split(separator: 0, omittingEmptySubsequences: false).prefix(16)
        .map { String(decoding: $0, as: UTF8.self) }
    let profile = profile(of: names[0], names.dropFirst())
    let text = FoldedStacks(profile, grouping: .thread).text
    let end = " 42\n"
    precondition(text.utf8.suffix(4).elementsEqual(end.utf8))
    let stack = String(decoding: text.utf8.dropLast(4), as: UTF8.self)
    precondition(stack.unicodeScalars.allSatisfy(PrintableText.isPrintable))
    precondition(stack.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).count == names.count)
    // What flamegraph.pl would take for another count, as differential lines have two.
    precondition(stack.firstMatch(of: #/ [0-9]+(\.[0-9]*)?$/#.matchingSemantics(.unicodeScalar)) == nil)
    if let svg = try? FlameGraph(profile, grouping: .thread).svg { checkTitles(svg) }
}

private func profile(of thread: String, _ functions: ArraySlice<String>) -> Profile {
    let metadata = ProfileMetadata(
        command: thread, processes: [], rateHertz: 99, startNanoseconds: 0, durationNanoseconds: 1)
    var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples], shown: .samples)
    let locations = functions.enumerated().map { position, name in
        let kind = FrameKind.allCases[position % FrameKind.allCases.count]
        return builder.location(
            at: .process(Address(rawValue: UInt64(position))), frames: [Frame(name: name, kind: kind, object: nil)])
    }
    let identity = ThreadIdentity(
        process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 1), name: thread, processName: thread)
    builder.add(stack: locations, thread: ProfiledThread(identity), values: [42])
    return builder.finish()
}

/// Each row's title is text: nothing that begins or ends an element, and nothing that can't be seen.
private func checkTitles(_ svg: String) {
    let start = "<g><title>".utf8
    let rows = svg.utf8.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: start) }
    precondition(!rows.isEmpty)
    for row in rows {
        let title = row.dropFirst(start.count).prefix { $0 != UInt8(ascii: "<") }
        precondition(row.dropFirst(start.count + title.count).starts(with: "</title><rect ".utf8))
        precondition(title.allSatisfy { $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "\"") })
        precondition(String(decoding: title, as: UTF8.self).unicodeScalars.allSatisfy(PrintableText.isPrintable))
    }
}
