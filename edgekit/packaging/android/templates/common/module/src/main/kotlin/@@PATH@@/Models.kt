// The package for Kotlin: loading and running as coroutines, a text as a flow.
package @@ID@@

import android.content.Context
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext

/** Check and load the app's classifier, off the main thread. */
suspend fun loadClassifier(context: Context): Classifier {
    val app = context.applicationContext
    return withContext(Dispatchers.IO) { Classifier.load(AssetBundle(app)) }
}

/** Check and load the app's text generator, off the main thread. */
suspend fun loadGenerator(context: Context): Generator {
    val app = context.applicationContext
    return withContext(Dispatchers.IO) { Generator.load(AssetBundle(app)) }
}

/** What the model says of a text, or of a pair of texts, computed off the caller's thread. */
suspend fun Classifier.predict(text: String, pair: String? = null): Prediction =
    withContext(Dispatchers.Default) { if (pair == null) classify(text) else classify(text, pair) }

/** The pieces of a text as they are written; who stops collecting stops the writing. */
fun Generator.stream(prompt: String, options: GenerationOptions = GenerationOptions.usual()): Flow<String> =
    flow<String> {
        val text = start(prompt, options)
        while (text.hasNext()) {
            emit(text.next())
        }
    }.flowOn(Dispatchers.Default)
