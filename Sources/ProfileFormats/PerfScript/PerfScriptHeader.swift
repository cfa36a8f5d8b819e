import ProfileModel

/// The first line of an event, such as `redis-server 812/813 [001] 4794564.109216:   10101010 cpu-clock:`.
///
/// perf leaves out what it wasn't asked for: the CPU, the time, the period, one of the two numbers.
struct PerfScriptHeader {
    let comm: String
    /// `nil` for 0, the kernel's idle task, and where there is none.
    let process: Int32?
    let thread: Int32?
    /// Nanoseconds; `nil` for 0, and where there is none.
    let time: UInt64?
    /// 1 where there is none.
    let period: Int64
    let event: String
    /// What follows the event: a stack of one frame, or what a tracepoint says.
    let rest: ArraySlice<UInt8>

    private typealias Word = ArraySlice<UInt8>
    private static let longestLine = 1 << 16

    init?(_ line: ArraySlice<UInt8>) {
        guard line.count <= Self.longestLine else { return nil }
        let words = line.split(separator: UInt8(ascii: " "))
        // A thread's name and number precede the time; the name may be like one.
        let timeWord = words.indices.first { $0 >= 2 && Self.time(words[$0]) != nil }
        guard let event = words.indices.first(where: { $0 > (timeWord ?? 0) && Self.isEvent(words[$0]) }) else {
            return nil
        }
        // Without a time, a number before the event is a period only where the thread's number precedes it.
        let hasPeriod =
            timeWord == nil ? event >= 3 && Self.numbers(words[event - 2]) != nil : timeWord == event - 2
        let periodValue = hasPeriod ? words[event - 1].decimal : nil
        period = periodValue ?? 1
        var front = words[..<(timeWord ?? (periodValue == nil ? event : event - 1))]
        if let last = front.last, last.first == UInt8(ascii: "["), last.last == UInt8(ascii: "]") { front.removeLast() }
        guard front.count >= 2, let numbers = front.popLast().flatMap(Self.numbers), let first = front.first,
            let last = front.last
        else { return nil }
        (process, thread) = numbers
        comm = line[first.startIndex..<last.endIndex].text
        time = timeWord.flatMap { Self.time(words[$0]) }.flatMap { $0 == 0 ? nil : $0 }
        self.event = words[event].dropLast().text
        rest = line[words[event].endIndex...].trimmed
    }

    static func isTime(_ word: ArraySlice<UInt8>) -> Bool { time(word) != nil }

    /// Nanoseconds of `4794564.109216:`.
    private static func time(_ word: Word) -> UInt64? {
        guard word.last == UInt8(ascii: ":"), let (seconds, fraction) = word.dropLast().splitAtLast(UInt8(ascii: ".")),
            let whole = seconds.decimal, 1...9 ~= fraction.count, var rest = fraction.decimal
        else { return nil }
        for _ in fraction.count..<9 { rest *= 10 }
        let (product, overflow) = UInt64(whole).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || product > .max - UInt64(rest) ? .max : product + UInt64(rest)
    }

    private static func isEvent(_ word: Word) -> Bool { word.count > 1 && word.last == UInt8(ascii: ":") }

    /// `123/124`, or a thread's number alone.
    private static func numbers(_ word: Word) -> (process: Int32?, thread: Int32?)? {
        guard let (process, thread) = word.splitAtLast(UInt8(ascii: "/")) else {
            guard let number = number(word) else { return nil }
            return (nil, known(number))
        }
        guard let first = number(process), let second = number(thread) else { return nil }
        return (known(first), known(second))
    }

    /// perf prints -1 for a task that has ended.
    private static func number(_ word: Word) -> Int32? {
        if word.elementsEqual("-1".utf8) { return 0 }
        return word.decimal.flatMap { Int32(exactly: $0) }
    }

    private static func known(_ number: Int32) -> Int32? { number == 0 ? nil : number }
}
