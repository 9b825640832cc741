// Where the model lies that is part of this package.

import Foundation

/// The model of this package.
public enum PackagedModel {
    /// Its folder, as the app ships it.
    public static var folder: URL {
        // on a Mac a bundle's resources lie deeper than on a phone; where there are none its manifest is missed
        (Bundle.module.url(forResource: "Model", withExtension: nil) ?? Bundle.module.bundleURL).absoluteURL
    }
}
