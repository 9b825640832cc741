// The package for Kotlin: loading and running as coroutines, a text as a flow. Call all of it from any dispatcher.
package @@ID@@

import android.content.Context
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext

/** Check and load the app's classifier, off the main thread. */
suspend fun loadClassifier(context: Context): Classifier {
    val app = context.applicationContext
    return loaded { Classifier.load(AssetBundle(app)) }
}

/** Check and load the app's text generator, off the main thread. */
suspend fun loadGenerator(context: Context): Generator {
    val app = context.applicationContext
    return loaded { Generator.load(AssetBundle(app)) }
}

/** Run every golden case, off the caller's thread; [ModelException] names the first difference. */
suspend fun Classifier.selfTest(): SelfTest = withContext(Dispatchers.Default) { SelfTest.run(this@selfTest) }

/** The same of a generator; it ends the text in work. */
suspend fun Generator.selfTest(): SelfTest = withContext(Dispatchers.Default) { SelfTest.run(this@selfTest) }

/** What the model says of a text, or of a pair of texts, computed off the caller's thread. */
suspend fun Classifier.predict(text: String, pair: String? = null): Prediction =
    withContext(Dispatchers.Default) { if (pair == null) classify(text) else classify(text, pair) }

/**
 * The pieces of a text as they are written; who stops collecting stops the writing.
 *
 * [onFinish] hears what ended it where the pieces end by themselves: [Generation.Finish.CANCELLED] where another text,
 * `cancel()` or `close()` did.
 */
fun Generator.stream(
    prompt: String,
    options: GenerationOptions = GenerationOptions.usual(),
    onFinish: (Generation.Finish) -> Unit = {},
): Flow<String> = flow {
    var finish: Generation.Finish? = null
    val pieces = flow<String> {
        val text = start(prompt, options)
        try {
            while (text.hasNext()) {
                emit(text.next())
            }
            finish = text.finish()
        } finally {
            text.cancel()
        }
    }
    emitAll(pieces.flowOn(Dispatchers.Default))
    finish?.let(onFinish)
}

/** What was loaded; closed where nobody waits for it any more, as on a phone that was turned meanwhile. */
private suspend fun <M : AutoCloseable> loaded(load: () -> M): M {
    var model: M? = null
    try {
        return withContext(Dispatchers.IO) { load().also { model = it } }
    } catch (cancelled: CancellationException) {
        model?.close()
        throw cancelled
    }
}
