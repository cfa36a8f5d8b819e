import MetricFamilies
import Testing

@Suite struct ExpositionFormatTests {
    @Test(arguments: [
        // Prometheus 2.42, 2.50 and 3.
        """
        application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
        text/plain;version=0.0.4;q=0.5,*/*;q=0.1
        """,
        """
        application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2
        """,
        """
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2
        """,
        "application/openmetrics-text", "Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q = 0.001",
        "application/openmetrics-text, text/plain", "text/*;q=0.9, application/openmetrics-text",
        "application/openmetrics-text;q=0.5, text/plain;q=0, */*",
        "nonsense, ;;;, /, text/, application/openmetrics-text",
    ])
    func `OpenMetrics is for those that ask for it`(header: String) {
        #expect(ExpositionFormat(accept: header) == .openMetrics)
    }

    @Test(arguments: [
        nil, "", "*/*", "text/plain", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/*", "application/json", "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0, */*",
        "text/plain, application/openmetrics-text;q=0.9", "text/*, application/openmetrics-text;q=0.9",
        "*/*, application/openmetrics-text;q=0.999", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=nan",
        "application/openmetrics-text;q=inf", "application/openmetrics-text;q=2", "application/openmetrics-text;q=-1",
        "application/openmetrics-text;q=1e0", "application/openmetrics-text;q=",
        "application/openmetrics-text;q=0.12345",
        "application / openmetrics-text", "\u{0}", ",;=\"", "\u{1F9F5}/\u{301}", "application/vnd.google.protobuf",
        String(repeating: "a/b,", count: 1100) + "application/openmetrics-text",
        String(repeating: ",;", count: 1_000_000),
    ])
    func `Everybody else gets text`(header: String?) {
        #expect(ExpositionFormat(accept: header) == .text)
    }
}
