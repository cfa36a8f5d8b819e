/// Two counters of each device, as sums that don't go back when a device goes.
struct TransferTotals {
    struct Amount {
        var first: UInt64
        var second: UInt64

        init(_ first: UInt64, _ second: UInt64) {
            self.first = first
            self.second = second
        }
    }

    private var last: [String: Amount] = [:]
    private var sum = Amount(0, 0)

    /// Adds what the counters of the present devices have grown by; one that began anew counts from zero.
    mutating func total(of devices: some Sequence<(String, Amount)>) -> Amount {
        var present: [String: Amount] = [:]
        for (name, amount) in devices {
            let before = last[name] ?? Amount(0, 0)
            sum.first &+= amount.first >= before.first ? amount.first - before.first : amount.first
            sum.second &+= amount.second >= before.second ? amount.second - before.second : amount.second
            present[name] = amount
        }
        last = present
        return sum
    }

    /// Counts other devices from now on: what their counters show already adds nothing.
    mutating func change(to devices: some Sequence<(String, Amount)>) {
        last = Dictionary(devices.map { ($0.0, $0.1) }, uniquingKeysWith: { _, latest in latest })
    }
}
