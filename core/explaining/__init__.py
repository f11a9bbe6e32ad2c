"""Why an answer is what it is: sentences and scores, regions of pictures, attention."""
