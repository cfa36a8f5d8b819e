import Foundation
import TestSupport
import Testing

@Suite struct HTTPTests {
    @Test func `A responder sees the request as it was sent, and the client the answer`() throws {
        let responder = try HTTPResponder { request in
            let said = "\(request.method) \(request.target) \(request.headers["x-test"] ?? "") \(request.body.count)"
            return HTTPResponse(status: 503, headers: ["x-answer": "no"], body: Data(said.utf8))
        }
        let answer = try request(
            "POST", "http://\(responder.address)/a?b=c", headers: ["X-Test": "yes"],
            body: Data(repeating: 0, count: 300_000))
        #expect(answer.status == 503)
        #expect(answer.headers["x-answer"] == "no")
        #expect(answer.text == "POST /a?b=c yes 300000")
    }

    @Test func `Nobody listens any more when a responder is gone`() throws {
        var responder: HTTPResponder? = try HTTPResponder { _ in HTTPResponse(status: 200) }
        let port = try #require(responder?.port)
        #expect(LoopbackPort.answers(port))
        responder = nil
        #expect(eventually { !LoopbackPort.answers(port) })
    }

    @Test func `Who doesn't answer is an error`() throws {
        let port = try LoopbackPort.free()
        #expect(throws: (any Error).self) { try request("GET", "http://127.0.0.1:\(port)/") }
    }
}
