// What an app that imports this module alone can name.

import @@PASCAL@@Core

/// Every error of this package.
public typealias ModelError = @@PASCAL@@Core.ModelError
/// How the next token is chosen.
public typealias Sampling = @@PASCAL@@Core.Sampling
/// How closely the golden cases were reproduced.
public typealias SelfTestResult = @@PASCAL@@Core.SelfTestResult
