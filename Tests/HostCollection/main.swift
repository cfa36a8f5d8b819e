// sonde-host-collection [COUNT = 1] [SECONDS = 5]: measures the host so many times, with the default settings, and prints
// what it found of each process and what the collections cost. For tests as another user, and for benchmarks.
// With SECONDS 0 it doesn't wait, and its clock runs 5 s ahead with each collection.
import Glibc
import HostWatch
import ProfileModel

func text<Value>(_ value: Known<Value>) -> String {
    switch value {
    case .value: "value"
    case .notPermitted: "notPermitted"
    case .notOffered: "notOffered"
    case .notRead: "notRead"
    }
}

func describe(_ process: ProcessMeasurement) -> String {
    "\(process.identity.process) resident \(process.memory.resident) swap \(text(process.memory.swap)) descriptors "
        + "\(text(process.descriptors)) disk \(text(process.disk)) connections \(text(process.connections))"
}

let arguments = CommandLine.arguments.dropFirst().map { Double($0) }
let count = Int(arguments.first.flatMap { $0 } ?? 1)
let pause = arguments.dropFirst().first.flatMap { $0 } ?? 5
var collector = try HostCollector()
var costs: [Double] = []
for number in 0..<max(count, 1) {
    let ahead = pause > 0 ? 0 : Double(number) * 5
    let now = WatchTime.now
    let snapshot = try collector.collect(at: WatchTime(monotonic: now.monotonic + ahead, wall: now.wall + ahead))
    costs.append(snapshot.cost.cpuSeconds)
    if number == count - 1 {
        for process in snapshot.processes { print(describe(process)) }
        for group in snapshot.groups where !group.unreadable.isEmpty {
            print("group \(group.name) unreadable \(group.unreadable.keys.sorted().joined(separator: " "))")
        }
        print("processes \(snapshot.processes.count) hidden \(snapshot.cost.hidden)")
        print(snapshot.hasAllConnections ? "all connections" : "not all connections")
    }
    if pause > 0, number < count - 1 { usleep(UInt32(pause * 1e6)) }
}
let later = costs.dropFirst()
print(
    "first collection \(costs[0] * 1000) ms, mean of the others \(later.reduce(0, +) / Double(max(later.count, 1)) * 1000) ms,"
)
print("longest of them \((later.max() ?? 0) * 1000) ms of CPU")
