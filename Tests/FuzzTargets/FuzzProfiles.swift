import ProfileFormats
import Profiles

/// A file in any of the formats of profiles, compressed or not.
///
/// What is read is written in every format and read again: that is never refused, and the JSON is the same.
func fuzzProfile(_ bytes: [UInt8]) {
    let limits = ProfileLimits(bytes: 1 << 20, rows: 20_000, depth: 500)
    guard let profile = try? ProfileReader(limits: limits).profile(reading: bytes) else { return }
    let folded = Array(FoldedStacks(profile, grouping: .thread).text.utf8)
    let files = [folded, SpeedscopeFile(profile).bytes, PerfScript(profile).bytes, PprofFile(profile)?.bytes ?? []]
    // Folded stacks and perf's text without a sample are empty, and those of negative values too.
    for file in files where !file.isEmpty {
        do throws(ProfileReadingError) {
            _ = try ProfileReader().profile(reading: file)
        } catch {
            preconditionFailure("what was written is not read: \(error)")
        }
    }
    let first = ProfileJSON(profile).bytes
    guard let again = try? ProfileReader().profile(reading: first) else {
        preconditionFailure("the JSON is not read")
    }
    let second = ProfileJSON(again).bytes
    let third = (try? ProfileReader().profile(reading: second)).map { ProfileJSON($0).bytes }
    precondition(second == third)
}
