// The package's coroutines on stand-ins for Android's classes, from its main thread: java CoroutinesKt TASK ASSETS
import ai.onnxruntime.Watch
import android.app.Activity
import android.content.res.AssetManager
import android.os.Handler
import android.os.Looper
import com.example.app.Generation.Finish
import com.example.app.GenerationOptions
import com.example.app.loadClassifier
import com.example.app.loadGenerator
import com.example.app.predict
import com.example.app.selfTest
import com.example.app.stream
import java.io.File
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

/** As Android's own: what is dispatched runs on the main thread. */
object Main : CoroutineDispatcher() {
    override fun dispatch(context: CoroutineContext, block: Runnable) {
        Handler(Looper.getMainLooper()).post(block)
    }
}

val long: GenerationOptions = GenerationOptions.usual().maxTokens(90).slidesWhenFull(true)

fun main(arguments: Array<String>) {
    Looper.prepareMainLooper()
    AssetManager.folder = File(arguments[1])
    if (arguments[0] == "text-classification") classifier() else generator()
    println("ok")
    System.exit(0)
}

fun classifier() {
    inScope("the README's lines") { provenClassifier(Activity()).use { println(it.labelOf("open the door")) } }
    inScope("a model and its self-test") {
        loadClassifier(Activity()).use {
            it.selfTest()
            check(it.predict("open").label() == it.predict("open").label())
        }
    }
    whileLoading { loadClassifier(Activity()) }
}

fun generator() {
    inScope("the README's lines") { provenGenerator(Activity()).use { it.write("the fox and") { piece -> print(piece) } } }
    whileLoading { loadGenerator(Activity()) }
    inScope("how a text ended") {
        loadGenerator(Activity()).use { generator ->
            val finishes = mutableListOf<Finish>()
            val text = StringBuilder()
            generator.stream("the fox and", long, finishes::add).collect { text.append(it) }
            generator.stream("the fox and", long, finishes::add).collect {
                if (finishes.size == 1) generator.start("once upon", long)
            }
            check(finishes == listOf(Finish.LENGTH, Finish.CANCELLED)) { finishes }
            // who stops collecting stops the writing, and the next text is whole
            generator.stream("once upon", long, finishes::add).first()
            val again = StringBuilder()
            generator.stream("the fox and", long, finishes::add).collect { again.append(it) }
            check(finishes.last() == Finish.LENGTH && "$again" == "$text") { again }
        }
    }
    inScope("a generator that is closed under a text") {
        val generator = loadGenerator(Activity())
        val finishes = mutableListOf<Finish>()
        generator.stream("the fox and", long, finishes::add).collect { generator.close() }
        check(finishes == listOf(Finish.CANCELLED)) { finishes }
    }
}

/** Something on the main thread until it ends; every model is closed then. */
fun inScope(what: String, block: suspend () -> Unit) {
    val job = CoroutineScope(Main).launch { block() }
    Looper.until(what) { job.isCompleted && Watch.OPENED.get() == Watch.CLOSED.get() }
    check(!job.isCancelled) { what }
}

/** A screen that goes while its model loads, before it hears of it or in the middle. */
fun whileLoading(load: suspend () -> AutoCloseable) {
    Watch.LOAD.hold()
    val job: Job = CoroutineScope(Main).launch { load() }
    Looper.until("loading") { Watch.LOAD.isReached }
    job.cancel()
    Watch.LOAD.letGo()
    Looper.until("an end") { job.isCompleted && Watch.OPENED.get() == Watch.CLOSED.get() }

    // held until the main thread has nothing to do: it could hear of the model before this looks otherwise
    Watch.LOAD.hold()
    val other: Job = CoroutineScope(Main).launch { load() }
    Looper.until("loading") { Watch.LOAD.isReached }
    Watch.LOAD.letGo()
    // the message that the model is there waits for the main thread, which has something else to do first
    val end = System.nanoTime() + 20_000_000_000
    while (!Looper.isWaitedFor()) {
        check(System.nanoTime() < end) { "no message came that the model is there" }
        Thread.sleep(1)
    }
    other.cancel()
    Looper.until("an end") { other.isCompleted && Watch.OPENED.get() == Watch.CLOSED.get() }
}
