"""Stand-ins for Comprehend, Rekognition and a SageMaker asynchronous endpoint, in one HTTP server.

They speak the AWS protocols on the wire and name themselves `local-…` in every answer: none of
them is the model that it stands in for, and nothing they say is a judgement of real content.
"""
