/// Bounds on one XML document, each checked before memory is taken for what it bounds.
package struct XMLLimits: Hashable, Sendable {
    /// Bytes of the document; 16 MiB, as for JSON.
    package var byteCount = 16 << 20
    /// How deeply elements may nest; 64.
    package var depth = 64
    /// Elements in the document; one million.
    package var elementCount = 1_000_000
    /// Attributes and declarations of one element; 64.
    package var attributeCount = 64
    /// Prefixes declared around one place, and namespaces that one event uses beside those of
    /// GS1's context; 256.
    package var namespaceCount = 256
    /// Bytes of one name; 2,048.
    package var nameByteCount = 2_048
    /// Bytes of one attribute's value, and of the text directly in one element; 1 MiB.
    package var textByteCount = 1 << 20

    /// The default limits.
    package init() {}
}
