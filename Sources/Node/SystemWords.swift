import Foundation

/// The system's words for an error of Foundation's, which says no more than that it failed.
package enum SystemWords {
    /// Why a file could not be read, written or made.
    package static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError
        let causes = [underlying, error].compactMap { $0 }
        for cause in causes where cause.domain == NSPOSIXErrorDomain {
            return words(Int32(truncatingIfNeeded: cause.code))
        }
        switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: return words(ENOENT)
        case .fileWriteNoPermission, .fileReadNoPermission: return words(EACCES)
        case .fileWriteFileExists: return words(EEXIST)
        case .fileWriteOutOfSpace: return words(ENOSPC)
        case .fileWriteVolumeReadOnly: return words(EROFS)
        default: return underlying?.localizedDescription ?? error.localizedDescription
        }
    }

    /// Why the system call that just failed did.
    static var last: String { words(errno) }

    private static func words(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
