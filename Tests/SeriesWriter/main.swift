import Glibc
import SeriesStore

// Writes looks to the store in the directory given, from the number given on, until it is killed. After each look that
// is written it prints the look's number, a line each. Look N is at 5 N seconds, and process P has (N + P) pages.

let arguments = CommandLine.arguments
guard arguments.count == 3, var look = Int(arguments[2]) else {
    print("usage: series-writer DIRECTORY FIRST-LOOK")
    exit(64)
}

do {
    let store = try SeriesStore(directory: arguments[1], retention: RetentionSettings())
    let subjects = (1...50).map { SeriesSubject(bootID: "boot", process: $0, startTicks: 7) }
    let description = SubjectDescription(group: "written", command: "written", user: 0)
    var descriptions = Dictionary(uniqueKeysWithValues: subjects.map { ($0, description) })
    while true {
        let readings = subjects.map { subject in
            let bytes = UInt64(look + Int(subject.process)) * 4096
            return SeriesReading(subject: subject, bytes: bytes, resident: bytes)
        }
        try store.append(
            SeriesBatch(
                wall: 1_800_000_000 + Double(look) * 5, monotonic: Double(look) * 5, bootID: "boot",
                readings: readings, descriptions: descriptions))
        descriptions = [:]
        print(look)
        fflush(nil)
        look += 1
        if look.isMultiple(of: 12) { try store.maintain() }
    }
} catch {
    print(error)
    exit(1)
}
