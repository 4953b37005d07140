/// Compares texts by their bytes where those lie.
///
/// Views of text compare several times slower, and Swift's own comparison takes canonically
/// equivalent spellings for one.
package enum TextBytes {
    /// Whether two texts have the same bytes.
    package static func areSame(_ left: String, _ right: String) -> Bool {
        let areSame = unsafe left.utf8.withContiguousStorageIfAvailable { left in
            unsafe right.utf8.withContiguousStorageIfAvailable { right in
                unsafe left.count == right.count && left.elementsEqual(right)
            }
        }
        return (areSame ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    /// Whether one text comes before another.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        let precedes = unsafe left.utf8.withContiguousStorageIfAvailable { left in
            unsafe right.utf8.withContiguousStorageIfAvailable { right in
                unsafe left.lexicographicallyPrecedes(right)
            }
        }
        return (precedes ?? nil) ?? left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
