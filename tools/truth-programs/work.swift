// Tasks that compute, allocate and wait.
protocol Shape { func area(_ scale: Double) -> Double }
struct Square: Shape { let side: Double; func area(_ scale: Double) -> Double { side * side * scale } }
final class Circle: Shape {
    let radius: Double
    init(_ radius: Double) { self.radius = radius }
    func area(_ scale: Double) -> Double { 3.14159 * radius * radius * scale }
}

actor Total {
    private var words: [String: Int] = [:]
    func add(_ word: String) { words[word, default: 0] += 1 }
}

func shapes(_ round: Int) -> Double {
    let shapes = (0..<300).map { $0 % 2 == 0 ? Square(side: Double($0)) as any Shape : Circle(Double(round % 7)) }
    return shapes.sorted { $0.area(1) < $1.area(2) }.reduce(0) { $0 + $1.area(0.5) }
}

func words(_ round: Int) -> [String] {
    let text = (0..<200).map { "word\($0 &* round % 31)" }.joined(separator: " ")
    return text.split(separator: " ").map { $0.uppercased() }.sorted()
}

@main
struct Work {
    static func main() async {
        let total = Total()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { var round = 0; while true { round &+= 1; _ = shapes(round); await Task.yield() } }
            group.addTask {
                var round = 0
                while true {
                    round &+= 1
                    for word in words(round) { await total.add(word) }
                    try? await Task.sleep(nanoseconds: 500_000)
                }
            }
        }
    }
}
