import Glibc
import SeriesStore

// Writes collections to the store in the directory given, from the number given on, until it is killed. After each collection that
// is written it prints the collection's number, a line each. Collection N is at 5 N seconds, and process P has (N + P) pages.

let arguments = CommandLine.arguments
guard arguments.count == 3, var collection = Int(arguments[2]) else {
    print("usage: series-writer DIRECTORY FIRST-COLLECTION")
    exit(64)
}

do {
    let store = try SeriesStore(directory: arguments[1], retention: RetentionSettings())
    let series = (1...50).map { SeriesKey(bootID: "boot", process: $0, startTicks: 7) }
    let description = SeriesDescription(group: "written", command: "written", user: 0)
    var descriptions = Dictionary(uniqueKeysWithValues: series.map { ($0, description) })
    while true {
        let readings = series.map { key in
            let bytes = UInt64(collection + Int(key.process)) * 4096
            return SeriesReading(key: key, bytes: bytes, resident: bytes)
        }
        try store.append(
            SeriesBatch(
                wall: 1_800_000_000 + Double(collection) * 5, monotonic: Double(collection) * 5, bootID: "boot",
                readings: readings, descriptions: descriptions))
        descriptions = [:]
        print(collection)
        fflush(nil)
        collection += 1
        if collection.isMultiple(of: 12) { try store.maintain() }
    }
} catch {
    print(error)
    exit(1)
}
