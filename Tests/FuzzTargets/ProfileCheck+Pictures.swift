import Foundation
import FoundationXML
import ProfileFormats
import ProfileModel
import Profiles

/// Files for a browser: SVG is well-formed, and no name is markup.
extension ProfileCheck {
    enum Picture {
        case graph(FlameGraph.View)
        case graphOfPart(Part)
        case page(FlameGraph.Colours)
        case differentialGraph(ProfileComparison.Measure)
        case differentialPage(ProfileComparison.Measure)

        static let all =
            views.map(graph) + Part.allCases.map(graphOfPart) + FlameGraph.Colours.allCases.map(page)
            + ProfileComparison.Measure.allCases.flatMap { [differentialGraph($0), differentialPage($0)] }

        private static let views = [
            FlameGraph.View(), FlameGraph.View(orientation: .icicles, isInverted: true, order: .weight),
            FlameGraph.View(omitsIdleWaits: true), FlameGraph.View(colours: .object),
            FlameGraph.View(colours: .thread),
            FlameGraph.View(isInverted: true, omitsIdleWaits: true, colours: .thread),
        ]
    }

    func check(_ picture: Picture) {
        switch picture {
        case .graph(let view):
            let graph = FlameGraph(profile, grouping: .thread, view: view)
            Self.checkXML(Self.rendered { () throws(RenderingError) in try graph.svg })
        case .graphOfPart(let part):
            let graph = FlameGraph(self.part(part), grouping: .process)
            _ = Self.rendered { () throws(RenderingError) in try graph.svg }
        case .page(let colours):
            checkNames(in: Self.page(of: profile, colours))
        case .differentialGraph(let measure):
            guard let comparison = comparison(by: measure) else { return }
            Self.checkXML(Self.rendered { () throws(RenderingError) in try DifferentialFlameGraph(comparison).svg })
        case .differentialPage(let measure):
            guard let comparison = comparison(by: measure) else { return }
            checkNames(in: Self.page(of: comparison))
        }
    }

    private func checkNames(in page: String) {
        let names = profile.threads.indices.map { profile.thread(at: $0).processName } + [profile.metadata.command]
        for name in Set(names) where name.contains("<") && !Self.ownMarkup.contains(name) {
            precondition(!page.contains(name), "a name is markup")
        }
    }

    private static func checkXML(_ svg: String) {
        let parser = XMLParser(data: Data(svg.utf8))
        precondition(parser.parse(), "the SVG is not well-formed in line \(parser.lineNumber)")
    }

    /// Markup that is the pages' own.
    private static let ownMarkup: String = {
        let metadata = ProfileMetadata(
            command: "x", processes: [], rateHertz: 1, startNanoseconds: 0, durationNanoseconds: 1)
        let thread = ProfiledThread(process: nil, thread: nil, name: "x", processName: "x")
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples], shown: .samples)
        builder.add(stack: [], thread: thread, values: [1])
        let profile = builder.finish()
        guard let comparison = try? ProfileComparison(profile, profile) else {
            preconditionFailure("one sample can't be compared")
        }
        return page(of: profile, .kind) + page(of: comparison)
    }()

    private static func page(of profile: Profile, _ colours: FlameGraph.Colours) -> String {
        text { () throws(RenderingError) in
            try HTMLPage(profile, grouping: .process, view: FlameGraph.View(colours: colours)).bytes
        }
    }

    private static func page(of comparison: ProfileComparison) -> String {
        text { () throws(RenderingError) in try DifferentialPage(comparison).bytes }
    }

    private static func text(_ bytes: () throws(RenderingError) -> [UInt8]) -> String {
        String(decoding: rendered(bytes), as: UTF8.self)
    }

    private static func rendered<Result>(_ body: () throws(RenderingError) -> Result) -> Result {
        do { return try body() } catch { preconditionFailure("not rendered: \(error)") }
    }
}
