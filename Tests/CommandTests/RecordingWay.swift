import TestSupport
import Testing

/// The ways in which `sonde record` samples: each has to bear everything that a target does.
enum RecordingWay: String, CaseIterable, CustomTestStringConvertible {
    case cpu = "--mode cpu"
    case wall = "--mode wall"
    case events = "--sampler perf"

    var arguments: [String] { rawValue.split(separator: " ").map(String.init) }
    var testDescription: String { rawValue }
}

/// Records in one of the ways, with folded stacks as the result; it has to succeed.
func record(_ way: RecordingWay, _ arguments: String..., within limit: Double = 60) throws -> FoldedRecording {
    try record(way.arguments + arguments, within: limit)
}
