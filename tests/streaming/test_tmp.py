from openrouter_async.types.chat import ChatCompletion
from tests.recordings import *
from openrouter_async._sansio.sse import SSEDecoder, Comment
from openrouter_async.streaming.chat import ChatAccumulator
from openrouter_async._sansio.response import read_reply
@each_recording("stream")
def test_s(recording):
    acc=ChatAccumulator()
    for item in SSEDecoder().feed(recording.body):
        if isinstance(item,Comment) or item==b"[DONE]" or not item: continue
        acc.feed(acc.parse(item))
    ev,c=acc.finish("done")
    assert_matches_facts(c, recording.facts)
@each_recording("chat")
def test_c(recording):
    c=read_reply(ChatCompletion,200,recording.headers,recording.body)
    assert_matches_facts(c, recording.facts)
