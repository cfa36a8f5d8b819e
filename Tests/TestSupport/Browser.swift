package import Foundation

/// A headless Chromium, driven by chromedriver (W3C WebDriver); ends when it goes.
package final class Browser: Sendable {

    package static let isInstalled = ["/usr/bin/chromium", "/usr/bin/chromedriver"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What the driver or a script in the page says went wrong.
    package struct Failure: Error {
        package let message: String
    }

    private let driver: Child
    private let session: String

    package init(width: Int = 1_400, height: Int = 800) throws {
        let port = try LoopbackPort.free()
        driver = try Child(["/usr/bin/chromedriver", "--port=\(port)"])
        guard eventually(within: 60, { LoopbackPort.answers(port) }) else {
            throw Failure(message: "chromedriver doesn't answer")
        }
        let base = "http://127.0.0.1:\(port)/session"
        // Tests run as root, and in containers whose /dev/shm is small.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        let options: [String: Any] = ["binary": "/usr/bin/chromium", "args": arguments]
        let wanted: [String: Any] = ["browserName": "chrome", "goog:chromeOptions": options]
        let answer = try Self.send(base, ["capabilities": ["alwaysMatch": wanted]])
        guard let identifier = (answer as? [String: Any])?["sessionId"] as? String else {
            throw Failure(message: "no session: \(answer)")
        }
        session = "\(base)/\(identifier)"
        try resize(width: width, height: height)
    }

    deinit {
        // Chromedriver ends its browser with the session; killed, it would leave it behind.
        _ = try? request("DELETE", session)
    }

    package func open(_ file: URL, fragment: String = "") throws {
        try post("url", ["url": "about:blank"])
        try post("url", ["url": file.absoluteString + (fragment.isEmpty ? "" : "#" + fragment)])
    }

    /// What a function body returns, in the page.
    @discardableResult
    package func run(_ script: String) throws -> Any { try post("execute/sync", ["script": script, "args": [Any]()]) }

    package func text(_ script: String) throws -> String { try value(script) }

    package func number(_ script: String) throws -> Double { try value(script) }

    package func isTrue(_ script: String) throws -> Bool { try value(script) }

    private func value<Value>(_ script: String) throws -> Value {
        let result = try run("return " + script)
        guard let value = result as? Value else { throw Failure(message: "\(script) is \(result)") }
        return value
    }

    /// Presses keys one after another, as a person would.
    package func type(_ keys: String) throws {
        let strokes = keys.flatMap { key in
            ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
        }
        try perform(["type": "key", "id": "keyboard", "actions": strokes])
    }

    package func click(x: Double, y: Double) throws {
        try point([Self.move(x, y), ["type": "pointerDown", "button": 0], ["type": "pointerUp", "button": 0]])
    }

    package func hover(x: Double, y: Double) throws { try point([Self.move(x, y)]) }

    package func resize(width: Int, height: Int) throws {
        try devTools(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    /// - Parameter features: of media queries, such as `prefers-color-scheme`.
    package func emulate(media: String = "screen", features: [String: String] = [:]) throws {
        let features = features.map { ["name": $0.key, "value": $0.value] }
        try devTools("Emulation.setEmulatedMedia", ["media": media, "features": features])
    }

    private static func move(_ x: Double, _ y: Double) -> [String: Any] {
        ["type": "pointerMove", "x": Int(x), "y": Int(y), "duration": 0]
    }

    private func point(_ actions: [[String: Any]]) throws {
        try perform(["type": "pointer", "id": "mouse", "parameters": ["pointerType": "mouse"], "actions": actions])
    }

    private func perform(_ source: [String: Any]) throws { try post("actions", ["actions": [source]]) }

    private func devTools(_ command: String, _ parameters: [String: Any]) throws {
        try post("goog/cdp/execute", ["cmd": command, "params": parameters])
    }

    @discardableResult
    private func post(_ path: String, _ body: [String: Any]) throws -> Any {
        try Self.send("\(session)/\(path)", body)
    }

    private static func send(_ address: String, _ body: [String: Any]) throws -> Any {
        let response = try request(
            "POST", address, headers: ["content-type": "application/json"],
            body: JSONSerialization.data(withJSONObject: body), within: 120)
        let answer = try JSONSerialization.jsonObject(with: response.body) as? [String: Any]
        guard response.status == 200, let value = answer?["value"] else { throw Failure(message: response.text) }
        return value
    }
}

extension Browser {
    /// The keys that have no character, as WebDriver writes them.
    package enum Key {
        package static let escape = "\u{E00C}"
        package static let enter = "\u{E007}"
        package static let left = "\u{E012}"
        package static let up = "\u{E013}"
        package static let right = "\u{E014}"
        package static let down = "\u{E015}"
    }
}
