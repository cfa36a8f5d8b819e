import AlertDelivery
import Alerting
import Foundation
import Logging

// Delivers as many alerts as asked for to webhooks, and what its journal has from earlier runs, until its standard input
// ends or it is killed. It prints the key of each alert once that is queued, a line each, then "ready".

let arguments = CommandLine.arguments
guard arguments.count >= 3, let count = Int32(arguments[2]) else {
    print("usage: alert-sender JOURNAL COUNT [WEBHOOK...]")
    exit(64)
}

var settings = DeliverySettings()
settings.webhooks = Array(arguments.dropFirst(3))
settings.queueLimit = 100_000
let logger = Logger(label: "alert-sender") { StreamLogHandler.standardError(label: $0) }
let deliverer = AlertDeliverer(
    identity: AgentIdentity(host: "db1", version: "1.2.3"), logger: logger,
    retry: RetryPolicy(first: 0.02, longest: 0.1, faults: 1000),
    journal: DeliveryJournal(path: arguments[1], logger: logger, limit: 8192))
try await deliverer.apply(settings)
// Not on the main actor, whose thread waits for the end of the input.
let running = Task.detached { await deliverer.run() }
for number in 0..<count {
    let subject = AlertSubject(group: "redis", process: number, command: "redis-server", startTicks: 815)
    let now = Date().timeIntervalSince1970
    let alert = Alert(
        id: "leak:\(number):815", type: .leak, subject: subject, state: .active, severity: .warning, value: 4096,
        threshold: 0, since: now, resolvedAt: nil, evidence: "grew 312 MiB in 6 h", recommendation: "See what grows.")
    let event = AlertEvent(.fired, alert, at: now)
    await deliverer.report([event], active: [alert])
    print(event.key)
    fflush(nil)
}
print("ready")
fflush(nil)
_ = FileHandle.standardInput.readDataToEndOfFile()
await deliverer.shutdown(within: .seconds(5))
await running.value
