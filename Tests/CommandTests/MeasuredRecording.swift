import Foundation
import TestSupport

/// What `sonde record --json` wrote: the folded stacks and the summary's figures.
struct MeasuredRecording {
    struct Figures: Decodable {
        let sampler: String
        let samplerReason: String
        let omitsKernel: Bool
        let elapsedNanoseconds: UInt64
        let samples: Int
        let samplesStopped: Int
        let samplesSleeping: Int
        let samplesCopied: Int
        let samplesGoingToSleep: Int
        let blockedNanoseconds: UInt64
        let preemptedNanoseconds: UInt64
        let unsampledNanoseconds: UInt64
        let cpuNanoseconds: UInt64
        let coveredCpuNanoseconds: UInt64
        let coverageErrorNanoseconds: UInt64
        let threads: Int
        let samplesInterpreted: Int
        let interpretedUnknown: [String: Int]
        let gil: [String: Int]
        let lost: [String: Int]

        var lostSamples: Int { lost.values.reduce(0, +) }
        var elapsedMicroseconds: Double { Double(elapsedNanoseconds) / 1000 }
    }

    let folded: FoldedRecording
    let figures: Figures
    /// What hypervisors took from the CPUs meanwhile: samples stand for it, CPU time doesn't have it.
    let stolenNanoseconds: Double

    var stacks: [FoldedRecording.Stack] { folded.stacks }
    var truncatedShare: Double { Double(folded.truncatedSamples) / Double(max(1, folded.samples)) }

    /// Of its CPU samples.
    ///
    /// - Parameter rate: samples a second.
    func spread(rate: Double) -> Double {
        TestSupport.spread(
            ofSamples: folded.samples, coverageError: Double(figures.coverageErrorNanoseconds), rate: rate)
    }

    /// The sum of the counts of those stacks.
    func weight(where isMeant: (FoldedRecording.Stack) -> Bool) -> Int { folded.samples(where: isMeant) }

    /// The outermost functions of the complete stacks, but for those of threads that the kernel starts or ends.
    var roots: Set<String> {
        Set(stacks.filter { !$0.isTruncated }.map(\.root)).filter { !$0.hasSuffix("_[k]") }
    }

    /// Runs `sonde record` with these arguments, behind a command that goes before it; it has to succeed.
    init(_ arguments: [String], after prefix: [String] = [], within limit: Double = 60) throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/x.folded"
        // A command writes to standard output too.
        let options = ["record", "--json", "-f", "folded", "-o", path]
        let stolenBefore = try HostTime.stolenSeconds()
        let result = try run(prefix + [Locations.sonde.path] + options + arguments, within: limit)
        stolenNanoseconds = try (HostTime.stolenSeconds() - stolenBefore) * 1e9
        guard result.status == .exited(0) else {
            throw TestSupportError.failed(
                command: "sonde record \(arguments.joined(separator: " "))", status: result.status,
                output: result.errors)
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = result.output.firstIndex(of: "{").map { result.output[$0...] } ?? ""
        figures = try decoder.decode(Figures.self, from: Data(json.utf8))
        folded = try FoldedRecording(parsing: String(contentsOfFile: path, encoding: .utf8), summary: result.errors)
    }

    init(_ arguments: String..., within limit: Double = 60) throws { try self.init(arguments, within: limit) }
}

extension FoldedRecording.Stack {
    /// Without the process, and the marker of a truncated stack.
    var functions: ArraySlice<String> { frames.dropFirst().drop { $0.hasPrefix("[truncated: ") } }

    /// The outermost function; `_start` also where it has no name, because the program is stripped.
    var root: String {
        let own = functions.filter { !$0.hasSuffix("_[k]") }
        let isAlone = own.count == 1 || own.dropFirst().first == "__libc_start_main"
        guard let first = own.first else { return functions.first ?? "" }
        return first.hasPrefix("[") && first.contains("+0x") && isAlone ? "_start" : first
    }

    var kernelFrames: [String] { frames.filter { $0.hasSuffix("_[k]") } }

    /// Whether what the thread did in the kernel comes after what it did in user space, as that calls it.
    var hasKernelOnTop: Bool {
        guard let first = frames.firstIndex(where: { $0.hasSuffix("_[k]") }) else { return true }
        return frames[first...].allSatisfy { $0.hasSuffix("_[k]") }
    }
}
