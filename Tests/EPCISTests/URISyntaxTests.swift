import EPCIS
import Testing

@Suite struct `URI syntax` {
    @Test(arguments: [
        "ex:a", "ex:", "a+b-c.1:x", "urn:epc:id:sgtin:0614141.107346.2018",
        "urn:epc:idpat:sgtin:4012345.066666.*", "ni:///sha-256;df7b?ver=CBV2.0",
        "https://id.gs1.org/01/04012345123456/10/998877", "http://a", "http://a/", "http://",
        "http://u:p@h:80/p;x=1/q?a=b&c=/?#f/?", "http://[::1]:8080/x", "mailto:a@b", "ex:%41%e9",
        "did:web:example.com:x", "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", "file:///a:b@c",
        "http://h:/", "ex:(a)*+,;=!$&'~_",
    ])
    func `absolute URIs and CURIEs are recognised`(text: String) {
        #expect(URISyntax.isURI(text))
    }

    @Test(arguments: [
        "", "a", ":a", "1a:b", "a b:c", "ex:a b", "ex:é", "é:a", "ex:%", "ex:%4", "ex:%zz",
        "ex:<a>",
        "ex:{a}", "ex:a|b", "ex:a\\b", "ex:a^b", "ex:`", "ex:\"", "ex:[a]", "http://a b/", "/a/b",
        "//a/b", "http://h:8x/", "http://[::1", "http://[]/", "http://[::1]x/", "http://a@b@c/",
        "ex:a#b#c", "ex:\n", "ex:\u{7f}", "ex:a\n", "_a:b", "http://a[b]/", "ex:\0",
    ])
    func `everything else is not`(text: String) {
        #expect(!URISyntax.isURI(text))
    }
}
