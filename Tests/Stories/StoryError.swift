/// A story that cannot be read or told.
package struct StoryError: Error, CustomStringConvertible {
    /// What is wrong, for who writes stories.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
