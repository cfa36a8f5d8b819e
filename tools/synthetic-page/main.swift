import Foundation
import ProfileFormats
import Profiles
import SyntheticProfiles

// Writes an HTML page of a made-up profile: synthetic-page day|minute FILE
let arguments = CommandLine.arguments
guard arguments.count == 3, ["day", "minute"].contains(arguments[1]) else {
    FileHandle.standardError.write(Data("usage: synthetic-page day|minute FILE\n".utf8))
    exit(64)
}
let clock = ContinuousClock()
var start = clock.now
let profile = (arguments[1] == "day" ? SyntheticProfile.day : .minute).profile
print("profile: \(clock.now - start), \(profile.stacks.count) stack rows, \(profile.samples.count) stacks of threads")
start = clock.now
let page = try HTMLPage(profile, grouping: .process).bytes
print("page: \(clock.now - start), \(page.count) bytes")
try Data(page).write(to: URL(filePath: arguments[2]))
